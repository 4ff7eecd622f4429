"""Answers of Workday written by hand, in the shape of the reference."""

from __future__ import annotations

from lxml import etree

ANN = """
<ns1:Worker>
  <ns1:Worker_Reference ns1:Descriptor="Ann Lee">
    <ns1:ID ns1:type="WID">a1</ns1:ID><ns1:ID ns1:type="Employee_ID">21001</ns1:ID>
  </ns1:Worker_Reference>
  <ns1:Worker_Data>
    <ns1:Worker_ID>21001</ns1:Worker_ID><ns1:User_ID>alee</ns1:User_ID>
    <ns1:Personal_Data>
      <ns1:Name_Data>
        <ns1:Legal_Name_Data><ns1:Name_Detail_Data ns1:Formatted_Name="Ann Lee">
          <ns1:First_Name>Ann</ns1:First_Name><ns1:Last_Name>Lee</ns1:Last_Name>
        </ns1:Name_Detail_Data></ns1:Legal_Name_Data>
        <ns1:Preferred_Name_Data><ns1:Name_Detail_Data>
          <ns1:First_Name>Annie</ns1:First_Name><ns1:Last_Name>Lee</ns1:Last_Name>
        </ns1:Name_Detail_Data></ns1:Preferred_Name_Data>
      </ns1:Name_Data>
      <ns1:Contact_Data>
        <ns1:Email_Address_Data><ns1:Email_Address>ann@home.example</ns1:Email_Address>
          <ns1:Usage_Data ns1:Public="0"><ns1:Type_Data ns1:Primary="1"><ns1:Type_Reference>
            <ns1:ID ns1:type="Communication_Usage_Type_ID">HOME</ns1:ID>
          </ns1:Type_Reference></ns1:Type_Data></ns1:Usage_Data></ns1:Email_Address_Data>
        <ns1:Email_Address_Data><ns1:Email_Address>Ann.Lee@Hospital.example</ns1:Email_Address>
          <ns1:Usage_Data ns1:Public="true"><ns1:Type_Data ns1:Primary="1"><ns1:Type_Reference>
            <ns1:ID ns1:type="WID">f0</ns1:ID><ns1:ID ns1:type="Communication_Usage_Type_ID">WORK</ns1:ID>
          </ns1:Type_Reference></ns1:Type_Data></ns1:Usage_Data></ns1:Email_Address_Data>
      </ns1:Contact_Data>
    </ns1:Personal_Data>
    <ns1:Employment_Data>
      <ns1:Worker_Job_Data ns1:Primary_Job="1"><ns1:Position_Data>
        <ns1:Position_ID>P-00123</ns1:Position_ID>
        <ns1:Position_Title>Nurse</ns1:Position_Title><ns1:Business_Title>Charge Nurse</ns1:Business_Title>
        <ns1:Effective_Date>2024-02-01</ns1:Effective_Date>
        <ns1:Full_Time_Equivalent_Percentage>80</ns1:Full_Time_Equivalent_Percentage>
        <ns1:Job_Profile_Summary_Data>
          <ns1:Job_Profile_Reference><ns1:ID ns1:type="Job_Profile_ID">RN2</ns1:ID>
          </ns1:Job_Profile_Reference>
          <ns1:Job_Profile_Name>Registered Nurse II</ns1:Job_Profile_Name>
          <ns1:Job_Family_Reference ns1:Descriptor="Nursing">
            <ns1:ID ns1:type="Job_Family_ID">NUR</ns1:ID></ns1:Job_Family_Reference>
        </ns1:Job_Profile_Summary_Data>
        <ns1:Job_Classification_Summary_Data><ns1:Job_Classification_Reference>
          <ns1:ID ns1:type="Job_Classification_Reference_ID">HIPAA</ns1:ID>
        </ns1:Job_Classification_Reference></ns1:Job_Classification_Summary_Data>
        <ns1:Job_Classification_Summary_Data><ns1:Job_Classification_Reference>
          <ns1:ID ns1:type="Job_Classification_Reference_ID">BLS</ns1:ID>
        </ns1:Job_Classification_Reference></ns1:Job_Classification_Summary_Data>
        <ns1:Business_Site_Summary_Data>
          <ns1:Location_Reference><ns1:ID ns1:type="Location_ID">L1</ns1:ID></ns1:Location_Reference>
          <ns1:Name>Boston Campus</ns1:Name>
          <ns1:Address_Data><ns1:Country_Reference>
            <ns1:ID ns1:type="ISO_3166-1_Alpha-2_Code">US</ns1:ID></ns1:Country_Reference>
            <ns1:Municipality>Boston</ns1:Municipality></ns1:Address_Data>
        </ns1:Business_Site_Summary_Data>
      </ns1:Position_Data></ns1:Worker_Job_Data>
      <ns1:Worker_Status_Data>
        <ns1:Active>true</ns1:Active><ns1:Hire_Date>2023-01-09</ns1:Hire_Date>
        <ns1:Original_Hire_Date>2019-06-03</ns1:Original_Hire_Date>
        <ns1:Terminated>0</ns1:Terminated><ns1:Rehire>1</ns1:Rehire>
        <ns1:Leave_Status_Data><ns1:On_Leave>0</ns1:On_Leave></ns1:Leave_Status_Data>
        <ns1:Leave_Status_Data><ns1:On_Leave>1</ns1:On_Leave></ns1:Leave_Status_Data>
      </ns1:Worker_Status_Data>
    </ns1:Employment_Data>
    <ns1:Organization_Data>
      <ns1:Worker_Organization_Data><ns1:Organization_Data>
        <ns1:Organization_Reference_ID>COMP-1</ns1:Organization_Reference_ID>
        <ns1:Organization_Name>Hospital Inc.</ns1:Organization_Name>
        <ns1:Organization_Type_Reference><ns1:ID ns1:type="Organization_Type_ID">COMPANY</ns1:ID>
        </ns1:Organization_Type_Reference></ns1:Organization_Data></ns1:Worker_Organization_Data>
      <ns1:Worker_Organization_Data><ns1:Organization_Data>
        <ns1:Organization_Reference_ID>ICU</ns1:Organization_Reference_ID>
        <ns1:Organization_Name>Intensive care</ns1:Organization_Name>
        <ns1:Organization_Type_Reference><ns1:ID ns1:type="Organization_Type_ID">SUPERVISORY</ns1:ID>
        </ns1:Organization_Type_Reference></ns1:Organization_Data></ns1:Worker_Organization_Data>
    </ns1:Organization_Data>
    <ns1:Management_Chain_Data><ns1:Worker_Supervisory_Management_Chain_Data>
      <ns1:Management_Chain_Data>
        <ns1:Organization_Reference ns1:Descriptor="Care">
          <ns1:ID ns1:type="Organization_Reference_ID">CARE</ns1:ID></ns1:Organization_Reference>
        <ns1:Manager_Reference><ns1:ID ns1:type="WID">f6</ns1:ID></ns1:Manager_Reference>
      </ns1:Management_Chain_Data>
      <ns1:Management_Chain_Data>
        <ns1:Organization_Reference ns1:Descriptor="Intensive care">
          <ns1:ID ns1:type="Organization_Reference_ID">ICU</ns1:ID></ns1:Organization_Reference>
        <ns1:Manager_Reference><ns1:ID ns1:type="WID">b2</ns1:ID></ns1:Manager_Reference>
      </ns1:Management_Chain_Data>
    </ns1:Worker_Supervisory_Management_Chain_Data></ns1:Management_Chain_Data>
  </ns1:Worker_Data>
</ns1:Worker>
"""
BOB_LEFT = """
<ns1:Worker>
  <ns1:Worker_Reference>
    <ns1:ID ns1:type="WID">b2</ns1:ID><ns1:ID ns1:type="Contingent_Worker_ID">C77</ns1:ID>
  </ns1:Worker_Reference>
  <ns1:Worker_Data>
    <ns1:Personal_Data><ns1:Name_Data><ns1:Legal_Name_Data>
      <ns1:Name_Detail_Data ns1:Formatted_Name="Bob Ray"/></ns1:Legal_Name_Data></ns1:Name_Data>
    </ns1:Personal_Data>
    <ns1:Employment_Data><ns1:Worker_Status_Data>
      <ns1:Active>0</ns1:Active><ns1:Hire_Date>2024-01-08</ns1:Hire_Date><ns1:Terminated>1</ns1:Terminated>
      <ns1:Termination_Date>2026-01-16</ns1:Termination_Date>
    </ns1:Worker_Status_Data></ns1:Employment_Data>
  </ns1:Worker_Data>
</ns1:Worker>
"""
EVE_RESCINDED = """
<ns1:Worker>
  <ns1:Worker_Reference><ns1:ID ns1:type="WID">e5</ns1:ID></ns1:Worker_Reference>
  <ns1:Worker_Data><ns1:Transaction_Log_Entry_Data><ns1:Transaction_Log_Entry><ns1:Transaction_Log_Data>
    <ns1:Is_Rescind_Or_Rescinded>1</ns1:Is_Rescind_Or_Rescinded>
  </ns1:Transaction_Log_Data></ns1:Transaction_Log_Entry></ns1:Transaction_Log_Entry_Data></ns1:Worker_Data>
</ns1:Worker>
"""


def response(*workers: str) -> etree._Element:
    """Return a Get_Workers_Response, under a prefix of its own."""
    return etree.fromstring(
        f'<ns1:Get_Workers_Response xmlns:ns1="urn:com.workday/bsvc" ns1:version="v43.0">'
        f"<ns1:Response_Results><ns1:Total_Results>{len(workers)}</ns1:Total_Results>"
        f"<ns1:Total_Pages>1</ns1:Total_Pages></ns1:Response_Results>"
        f"<ns1:Response_Data>{''.join(workers)}</ns1:Response_Data></ns1:Get_Workers_Response>"
    )
